#include "security/route_rows.h"

namespace parley::security {
namespace {

// A row for every route of the product. Who may and who may not follows from `needs`; the rest are exceptions.
constexpr auto kRows = std::to_array<Row>({
    // Signing in.
    {.id = "register",
     .line = "POST /api/v1/auth/register",
     .needs = Needs::kNothing,
     .body = R"({"username":"{fresh}","password":"a long pass phrase"})"},
    {.id = "signIn",
     .line = "POST /api/v1/auth/sign-in",
     .needs = Needs::kNothing,
     .body = R"({"login":"{fresh}","password":"a long pass phrase"})",
     .code = "wrong_credentials"},
    {.id = "finishSignIn",
     .line = "POST /api/v1/auth/second-factor",
     .needs = Needs::kNothing,
     .body = R"({"ticket":"pt_x","code":"123456"})",
     .code = "token_invalid"},
    {.id = "refreshTokens",
     .line = "POST /api/v1/auth/refresh",
     .needs = Needs::kNothing,
     .body = R"({"refreshToken":"pr_x"})",
     .code = "token_invalid"},
    {.id = "signOut", .line = "POST /api/v1/auth/sign-out", .needs = Needs::kNothing},
    {.id = "signOutEverywhere", .line = "POST /api/v1/auth/sign-out-everywhere", .needs = Needs::kUser},
    {.id = "requestPasswordReset",
     .line = "POST /api/v1/auth/password/request-reset",
     .needs = Needs::kNothing,
     .body = R"({"email":"{fresh}@example.com"})"},
    {.id = "resetPassword",
     .line = "POST /api/v1/auth/password/reset",
     .needs = Needs::kNothing,
     .body = R"({"token":"pm_x","newPassword":"a long pass phrase"})",
     .code = "token_invalid"},
    {.id = "verifyEmail",
     .line = "POST /api/v1/auth/email/verify",
     .needs = Needs::kNothing,
     .body = R"({"token":"pm_x"})",
     .code = "token_invalid"},
    {.id = "getOidc", .line = "GET /api/v1/auth/oidc", .needs = Needs::kNothing},
    {.id = "startOidc", .line = "GET /api/v1/auth/oidc/start", .needs = Needs::kNothing, .code = "not_configured"},
    {.id = "finishOidc", .line = "GET /api/v1/auth/oidc/callback", .needs = Needs::kNothing, .code = "not_configured"},

    // One's own account, and what everybody sees of others.
    {.id = "getMe", .line = "GET /api/v1/users/me", .needs = Needs::kUser},
    {.id = "changeMe", .line = "PATCH /api/v1/users/me", .needs = Needs::kUser, .body = R"({"displayName":"n"})"},
    {.id = "getUser", .line = "GET /api/v1/users/{senior}", .needs = Needs::kUser, .foreign = "senior"},
    {.id = "getPrivacy", .line = "GET /api/v1/users/me/privacy", .needs = Needs::kUser},
    {.id = "changePrivacy",
     .line = "PATCH /api/v1/users/me/privacy",
     .needs = Needs::kUser,
     .body = R"({"showsPresence":false})"},
    {.id = "listBlocked", .line = "GET /api/v1/users/me/blocks", .needs = Needs::kUser},
    {.id = "blockUser", .line = "PUT /api/v1/users/me/blocks/{senior}", .needs = Needs::kUser, .foreign = "senior"},
    {.id = "unblockUser",
     .line = "DELETE /api/v1/users/me/blocks/{senior}",
     .needs = Needs::kUser,
     .foreign = "senior",
     .unknown = "userId"},
    {.id = "sendVerification", .line = "POST /api/v1/users/me/email/send-verification", .needs = Needs::kUser},
    {.id = "changePassword",
     .line = "PUT /api/v1/users/me/password",
     .needs = Needs::kUser,
     .body = R"({"oldPassword":"wrong","newPassword":"a long pass phrase"})",
     .code = "wrong_credentials"},
    {.id = "changeEmail",
     .line = "PUT /api/v1/users/me/email",
     .needs = Needs::kUser,
     .body = R"({"email":"{fresh}@example.com"})"},
    {.id = "changeUsername",
     .line = "PUT /api/v1/users/me/username",
     .needs = Needs::kUser,
     .body = R"({"username":"{fresh}"})"},
    {.id = "exportMe", .line = "GET /api/v1/users/me/export", .needs = Needs::kUser},
    {.id = "requestErasure", .line = "POST /api/v1/users/me/erasure", .needs = Needs::kUser, .body = "{}"},
    {.id = "cancelErasure", .line = "DELETE /api/v1/users/me/erasure", .needs = Needs::kUser},
    {.id = "listSessions", .line = "GET /api/v1/users/me/sessions", .needs = Needs::kUser},
    {.id = "revokeSession", .line = "DELETE /api/v1/users/me/sessions/{session}", .needs = Needs::kUser},
    {.id = "getSecondFactor", .line = "GET /api/v1/users/me/second-factor", .needs = Needs::kUser},
    {.id = "beginSecondFactor",
     .line = "POST /api/v1/users/me/second-factor/begin",
     .needs = Needs::kUser,
     .body = "{}"},
    {.id = "confirmSecondFactor",
     .line = "POST /api/v1/users/me/second-factor/confirm",
     .needs = Needs::kUser,
     .body = R"({"code":"123456"})",
     .code = "conflict"},
    {.id = "renewRecoveryCodes",
     .line = "POST /api/v1/users/me/second-factor/recovery-codes",
     .needs = Needs::kUser,
     .body = R"({"code":"123456"})",
     .code = "conflict"},
    {.id = "disableSecondFactor",
     .line = "POST /api/v1/users/me/second-factor/disable",
     .needs = Needs::kUser,
     .body = R"({"code":"123456"})"},

    // Back ends of other apps, and the administration of this server.
    {.id = "putExternalUser",
     .line = "PUT /api/v1/external-users/{fresh}",
     .needs = Needs::kKey,
     .body = R"({"displayName":"n"})",
     .unknown = "externalId"},
    {.id = "getExternalUser",
     .line = "GET /api/v1/external-users/{external}",
     .needs = Needs::kKey,
     .foreign = "external"},
    {.id = "mintUserToken",
     .line = "POST /api/v1/external-users/{external}/tokens",
     .needs = Needs::kKey,
     .body = "{}",
     .foreign = "external"},
    {.id = "createApiKey", .line = "POST /api/v1/admin/api-keys", .needs = Needs::kAdmin, .body = R"({"name":"n"})"},
    {.id = "listApiKeys", .line = "GET /api/v1/admin/api-keys", .needs = Needs::kAdmin},
    {.id = "revokeApiKey", .line = "DELETE /api/v1/admin/api-keys/{key}", .needs = Needs::kAdmin, .foreign = "key"},
    {.id = "searchUsers", .line = "GET /api/v1/admin/users?search=s", .needs = Needs::kAdmin},
    {.id = "disableUser",
     .line = "POST /api/v1/admin/users/{senior}/disable",
     .needs = Needs::kAdmin,
     .foreign = "senior"},
    {.id = "enableUser",
     .line = "POST /api/v1/admin/users/{disabled}/enable",
     .needs = Needs::kAdmin,
     .foreign = "disabled"},

    // Webhooks to back ends of other apps: a key sees its own endpoints, an administrator all.
    {.id = "createWebhookEndpoint",
     .line = "POST /api/v1/webhooks/endpoints",
     .needs = Needs::kKeyOrAdmin,
     .body = R"({"url":"http://127.0.0.1:9/hook","eventTypes":["user.deleted"]})"},
    {.id = "listWebhookEndpoints", .line = "GET /api/v1/webhooks/endpoints", .needs = Needs::kKeyOrAdmin},
    {.id = "getWebhookEndpoint", .line = "GET /api/v1/webhooks/endpoints/{endpoint}", .needs = Needs::kKeyOrAdmin},
    {.id = "updateWebhookEndpoint",
     .line = "PATCH /api/v1/webhooks/endpoints/{endpoint}",
     .needs = Needs::kKeyOrAdmin,
     .body = R"({"description":"n"})"},
    {.id = "deleteWebhookEndpoint",
     .line = "DELETE /api/v1/webhooks/endpoints/{endpoint}",
     .needs = Needs::kKeyOrAdmin},
    {.id = "rotateWebhookSecret",
     .line = "POST /api/v1/webhooks/endpoints/{endpoint}/rotate-secret",
     .needs = Needs::kKeyOrAdmin,
     .body = R"({})"},
    {.id = "listWebhookEventTypes", .line = "GET /api/v1/webhooks/event-types", .needs = Needs::kKeyOrAdmin},
    {.id = "listWebhookDeliveries",
     .line = "GET /api/v1/webhooks/endpoints/{endpoint}/deliveries",
     .needs = Needs::kKeyOrAdmin},
    {.id = "getWebhookDelivery",
     .line = "GET /api/v1/webhooks/endpoints/{endpoint}/deliveries/{delivery}",
     .needs = Needs::kKeyOrAdmin},
    {.id = "testWebhookEndpoint",
     .line = "POST /api/v1/webhooks/endpoints/{endpoint}/test",
     .needs = Needs::kKeyOrAdmin},
    {.id = "replayWebhookDelivery",
     .line = "POST /api/v1/webhooks/endpoints/{endpoint}/deliveries/{delivery}/replay",
     .needs = Needs::kKeyOrAdmin},
    {.id = "replayFailedWebhookDeliveries",
     .line = "POST /api/v1/webhooks/endpoints/{endpoint}/deliveries/replay-failed",
     .needs = Needs::kKeyOrAdmin,
     .body = R"({"since":"2026-01-01T00:00:00Z"})"},

    // Communities.
    {.id = "createCommunity", .line = "POST /api/v1/communities", .needs = Needs::kUser, .body = R"({"name":"n"})"},
    {.id = "listCommunities", .line = "GET /api/v1/communities", .needs = Needs::kUser},
    {.id = "getCommunity", .line = "GET /api/v1/communities/{community}", .needs = Needs::kMembership},
    {.id = "updateCommunity", .line = "PATCH /api/v1/communities/{community}", .body = R"({"name":"n"})"},
    {.id = "deleteCommunity", .line = "DELETE /api/v1/communities/{community}", .needs = Needs::kOwner},
    {.id = "transferCommunity",
     .line = "POST /api/v1/communities/{community}/transfer",
     .needs = Needs::kOwner,
     .body = R"({"userId":"{senior}"})"},
    {.id = "lockCommunity", .line = "PUT /api/v1/communities/{community}/lockdown", .body = R"({"isLockedDown":true})"},
    {.id = "createChannel",
     .line = "POST /api/v1/communities/{community}/channels",
     .body = R"({"name":"n","kind":"text","parentId":"{category}"})"},
    {.id = "listChannels", .line = "GET /api/v1/communities/{community}/channels", .needs = Needs::kMembership},
    {.id = "reorderChannels",
     .line = "PUT /api/v1/communities/{community}/channels/order",
     .body = R"({"channels":[{"id":"{channel}"},{"id":"{voice}","parentId":"{category}"}]})"},
    {.id = "getChannel", .line = "GET /api/v1/channels/{channel}", .needs = Needs::kMembership},
    {.id = "updateChannel", .line = "PATCH /api/v1/channels/{channel}", .body = R"({"name":"n"})"},
    {.id = "deleteChannel", .line = "DELETE /api/v1/channels/{channel}"},
    {.id = "lockChannel", .line = "PUT /api/v1/channels/{channel}/lockdown", .body = R"({"isLockedDown":true})"},
    {.id = "explainPermission",
     .line = "GET /api/v1/channels/{channel}/permissions/explain?permission=send&user={senior}",
     .foreign = "senior"},
    {.id = "listOverrides", .line = "GET /api/v1/channels/{channel}/overrides", .needs = Needs::kMembership},
    {.id = "setRoleOverride",
     .line = "PUT /api/v1/channels/{channel}/overrides/roles/{high}",
     .body = R"({"deny":"2","allow":"0"})",
     .is_ranked = true},
    {.id = "removeRoleOverride", .line = "DELETE /api/v1/channels/{channel}/overrides/roles/{high}", .is_ranked = true},
    {.id = "setMemberOverride",
     .line = "PUT /api/v1/channels/{channel}/overrides/members/{senior}",
     .body = R"({"deny":"2","allow":"0"})",
     .is_ranked = true},
    {.id = "removeMemberOverride",
     .line = "DELETE /api/v1/channels/{channel}/overrides/members/{senior}",
     .is_ranked = true},
    {.id = "syncChannel", .line = "POST /api/v1/channels/{channel}/sync", .is_ranked = true},
    {.id = "listRoles", .line = "GET /api/v1/communities/{community}/roles", .needs = Needs::kMembership},
    {.id = "createRole", .line = "POST /api/v1/communities/{community}/roles", .body = R"({"name":"n"})"},
    {.id = "reorderRoles",
     .line = "PUT /api/v1/communities/{community}/roles/order",
     .body = R"({"roles":["{high}"]})",
     .is_ranked = true},
    {.id = "updateRole",
     .line = "PATCH /api/v1/communities/{community}/roles/{high}",
     .body = R"({"name":"n"})",
     .is_ranked = true},
    {.id = "deleteRole", .line = "DELETE /api/v1/communities/{community}/roles/{high}", .is_ranked = true},
    {.id = "assignRole",
     .line = "PUT /api/v1/communities/{community}/members/{member}/roles/{high}",
     .is_ranked = true},
    {.id = "removeRole",
     .line = "DELETE /api/v1/communities/{community}/members/{senior}/roles/{high}",
     .is_ranked = true},
    {.id = "listMembers", .line = "GET /api/v1/communities/{community}/members?search=s", .needs = Needs::kMembership},
    {.id = "getMember", .line = "GET /api/v1/communities/{community}/members/{senior}", .needs = Needs::kMembership},
    {.id = "updateMember",
     .line = "PATCH /api/v1/communities/{community}/members/{senior}",
     .body = R"({"nickname":"n"})",
     .is_ranked = true},
    {.id = "leaveCommunity",
     .line = "DELETE /api/v1/communities/{community}/membership",
     .needs = Needs::kMembership,
     .code = "conflict"},
    {.id = "kickMember", .line = "DELETE /api/v1/communities/{community}/members/{senior}", .is_ranked = true},
    {.id = "timeOutMember",
     .line = "PUT /api/v1/communities/{community}/members/{senior}/timeout",
     .body = R"({"seconds":60})",
     .is_ranked = true},
    {.id = "endTimeout",
     .line = "DELETE /api/v1/communities/{community}/members/{silenced}/timeout",
     .is_ranked = true},
    {.id = "restrictVoice",
     .line = "PATCH /api/v1/communities/{community}/members/{senior}/voice",
     .body = R"({"serverMuted":true,"serverDeafened":true})",
     .is_ranked = true},
    {.id = "moveMember",
     .line = "POST /api/v1/communities/{community}/members/{senior}/move",
     .body = R"({"channelId":"{voice}"})",
     .is_ranked = true},
    {.id = "disconnectMember",
     .line = "POST /api/v1/communities/{community}/members/{senior}/disconnect",
     .is_ranked = true},
    {.id = "listBans", .line = "GET /api/v1/communities/{community}/bans"},
    {.id = "banUser",
     .line = "PUT /api/v1/communities/{community}/bans/{senior}",
     .body = "{}",
     .is_ranked = true,
     .foreign = "senior"},
    {.id = "unbanUser", .line = "DELETE /api/v1/communities/{community}/bans/{banned}"},
    {.id = "createInvite",
     .line = "POST /api/v1/communities/{community}/invites",
     .needs = Needs::kDefault,
     .body = R"({"channelId":"{channel}"})"},
    {.id = "listInvites", .line = "GET /api/v1/communities/{community}/invites"},
    {.id = "revokeInvite", .line = "DELETE /api/v1/communities/{community}/invites/{invite}"},
    {.id = "previewInvite", .line = "GET /api/v1/invites/{code}", .needs = Needs::kNothing, .foreign = "code"},
    {.id = "acceptInvite", .line = "POST /api/v1/invites/{code}/accept", .needs = Needs::kUser, .foreign = "code"},
    {.id = "listAuditLog", .line = "GET /api/v1/communities/{community}/audit-log"},
    {.id = "createReport",
     .line = "POST /api/v1/communities/{community}/reports",
     .needs = Needs::kMembership,
     .body = R"({"targetKind":"user","targetId":"{senior}","reason":"r"})"},
    {.id = "listReports", .line = "GET /api/v1/communities/{community}/reports?state=open"},
    {.id = "resolveReport",
     .line = "PATCH /api/v1/communities/{community}/reports/{report}",
     .body = R"({"state":"resolved"})"},

    // Conversations: a channel's has the channel's id; {group} is the owner's, with senior, junior, silenced and
    // member.
    {.id = "listConversations", .line = "GET /api/v1/conversations", .needs = Needs::kUser},
    {.id = "openDirect",
     .line = "POST /api/v1/direct-conversations",
     .needs = Needs::kUser,
     .body = R"({"userId":"{senior}"})",
     .foreign = "senior"},
    {.id = "createGroup",
     .line = "POST /api/v1/group-conversations",
     .needs = Needs::kUser,
     .body = R"({"name":"g","userIds":["{senior}"]})",
     .foreign = "senior"},
    {.id = "getConversation", .line = "GET /api/v1/conversations/{channel}", .needs = Needs::kMembership},
    {.id = "changeGroup",
     .line = "PATCH /api/v1/conversations/{group}",
     .needs = Needs::kOwner,
     .body = R"({"name":"h"})"},
    {.id = "addToGroup",
     .line = "PUT /api/v1/conversations/{group}/people/{senior}",
     .needs = Needs::kMembership,
     .foreign = "senior"},
    {.id = "removeFromGroup", .line = "DELETE /api/v1/conversations/{group}/people/{senior}", .needs = Needs::kOwner},
    {.id = "listChannelConversations",
     .line = "GET /api/v1/communities/{community}/conversations",
     .needs = Needs::kMembership},
    {.id = "listThreads", .line = "GET /api/v1/conversations/{channel}/threads", .needs = Needs::kMembership},
    {.id = "openThread",
     .line = "PUT /api/v1/messages/{message}/thread",
     .needs = Needs::kDefault,
     .body = R"({"name":"t"})"},
    {.id = "sync", .line = "GET /api/v1/sync", .needs = Needs::kUser},
    {.id = "searchMessages", .line = "GET /api/v1/search/messages?q=text", .needs = Needs::kUser},
    {.id = "sendMessage",
     .line = "POST /api/v1/conversations/{channel}/messages",
     .needs = Needs::kDefault,
     .body = R"({"text":"t"})"},
    {.id = "listMessages", .line = "GET /api/v1/conversations/{channel}/messages", .needs = Needs::kMembership},
    {.id = "listChanges", .line = "GET /api/v1/conversations/{channel}/changes", .needs = Needs::kMembership},
    {.id = "getMessage", .line = "GET /api/v1/messages/{message}", .needs = Needs::kMembership},
    {.id = "editMessage",
     .line = "PATCH /api/v1/messages/{message}",
     .needs = Needs::kOwner,
     .body = R"({"text":"u"})"},
    {.id = "deleteMessage", .line = "DELETE /api/v1/messages/{message}?reason=r"},
    {.id = "listMessageVersions", .line = "GET /api/v1/messages/{message}/versions"},
    {.id = "addReaction",
     .line = "PUT /api/v1/messages/{message}/reactions/{emoji}",
     .needs = Needs::kDefault,
     .foreign = "emoji"},
    {.id = "removeReaction",
     .line = "DELETE /api/v1/messages/{message}/reactions/{emoji}",
     .needs = Needs::kMembership,
     .foreign = "emoji",
     .unknown = "emoji"},
    {.id = "listReactions",
     .line = "GET /api/v1/messages/{message}/reactions/{emoji}",
     .needs = Needs::kMembership,
     .foreign = "emoji",
     .unknown = "emoji"},
    {.id = "pinMessage", .line = "PUT /api/v1/messages/{message}/pin"},
    {.id = "unpinMessage", .line = "DELETE /api/v1/messages/{message}/pin"},
    {.id = "listPins", .line = "GET /api/v1/conversations/{channel}/pins", .needs = Needs::kMembership},
    {.id = "markRead",
     .line = "PUT /api/v1/conversations/{channel}/marks",
     .needs = Needs::kMembership,
     .body = R"({"readSeq":1})"},
    {.id = "markUnread",
     .line = "PUT /api/v1/conversations/{channel}/unread",
     .needs = Needs::kMembership,
     .body = R"({"fromSeq":1})"},
    {.id = "getReceipts", .line = "GET /api/v1/conversations/{channel}/receipts", .needs = Needs::kMembership},
    {.id = "putDraft",
     .line = "PUT /api/v1/conversations/{channel}/draft",
     .needs = Needs::kMembership,
     .body = R"({"text":"d"})"},
    {.id = "deleteDraft", .line = "DELETE /api/v1/conversations/{channel}/draft", .needs = Needs::kMembership},
    {.id = "getRetention", .line = "GET /api/v1/conversations/{channel}/retention"},
    {.id = "setRetention", .line = "PUT /api/v1/conversations/{channel}/retention", .body = R"({"days":30})"},
    {.id = "listRetentionReports", .line = "GET /api/v1/conversations/{channel}/retention/reports"},
    {.id = "getCommunityRetention", .line = "GET /api/v1/communities/{community}/retention"},
    {.id = "setCommunityRetention", .line = "PUT /api/v1/communities/{community}/retention", .body = R"({"days":30})"},
    {.id = "getServerRetention", .line = "GET /api/v1/admin/retention", .needs = Needs::kAdmin},
    {.id = "setServerRetention",
     .line = "PUT /api/v1/admin/retention",
     .needs = Needs::kAdmin,
     .body = R"({"days":null})"},
    {.id = "setConversationHold",
     .line = "PUT /api/v1/admin/conversations/{channel}/legal-hold",
     .needs = Needs::kAdmin,
     .body = R"({"isHeld":false})"},
    {.id = "setCommunityHold",
     .line = "PUT /api/v1/admin/communities/{community}/legal-hold",
     .needs = Needs::kAdmin,
     .body = R"({"isHeld":false})"},
    // Files.
    {.id = "uploadFile",
     .line = "POST /api/v1/files",
     .needs = Needs::kUser,
     // Without its end: what is uploaded is looked at in the background, and leaves traces while others are watched.
     .body = "--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\nbytes",
     .code = "invalid_request",
     .content_type = "multipart/form-data; boundary=b"},
    {.id = "getFile", .line = "GET /api/v1/files/{file}", .needs = Needs::kMembership},
    {.id = "deleteFile", .line = "DELETE /api/v1/files/{upload}", .needs = Needs::kOwn},
    {.id = "getFileUsage", .line = "GET /api/v1/users/me/file-usage", .needs = Needs::kUser},
    {.id = "downloadFile", .line = "GET /api/v1/files/{file}/content", .needs = Needs::kMembership},
    {.id = "linkFile", .line = "POST /api/v1/files/{file}/links", .needs = Needs::kMembership, .body = "{}"},
    {.id = "downloadByLink",
     .line = "GET /api/v1/content/{file}?form=original&expires=1&signature=x",
     .needs = Needs::kNothing,
     .code = "link_invalid",
     .foreign = "file",
     .unknown = "fileId"},
    {.id = "createUpload",
     .line = "POST /api/v1/uploads",
     .needs = Needs::kUser,
     .body = "bytes",
     .content_type = "application/offset+octet-stream",
     .headers = "Tus-Resumable: 1.0.0\r\nUpload-Length: 10\r\n"},
    {.id = "offerUploads", .line = "OPTIONS /api/v1/uploads", .needs = Needs::kNothing},
    {.id = "getUpload", .line = "GET /api/v1/uploads/{upload}", .needs = Needs::kOwn},
    {.id = "continueUpload",
     .line = "PATCH /api/v1/uploads/{upload}",
     .needs = Needs::kOwn,
     .body = "bytes",
     .content_type = "application/offset+octet-stream",
     .headers = "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"},
    {.id = "continueUploadByPost",
     .line = "POST /api/v1/uploads/{upload}",
     .needs = Needs::kOwn,
     .body = "bytes",
     .content_type = "application/offset+octet-stream",
     .headers = "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nX-HTTP-Method-Override: PATCH\r\n"},
    {.id = "endUpload", .line = "DELETE /api/v1/uploads/{upload}", .needs = Needs::kOwn},
    {.id = "listDrafts", .line = "GET /api/v1/drafts", .needs = Needs::kUser},

    // Voice, and what describes all this.
    {.id = "joinVoiceChannel", .line = "POST /api/v1/channels/{voice}/voice/join", .needs = Needs::kDefault},
    {.id = "listVoiceStates", .line = "GET /api/v1/communities/{community}/voice-states", .needs = Needs::kMembership},
    {.id = "takeLivekitWebhook",
     .line = "POST /api/v1/webhooks/livekit",
     .needs = Needs::kNothing,
     .body = "{}",
     .code = "token_invalid"},
    {.id = "getOpenApi", .line = "GET /api/v1/openapi.json", .needs = Needs::kNothing},
    {.id = "getAsyncApi", .line = "GET /api/v1/asyncapi.json", .needs = Needs::kNothing},
});

// Bad credentials are told apart, so that a client knows what to do about them.
constexpr auto kBad = std::to_array<BadActor>({
    {"nobody", "unauthenticated"},
    {"expired", "token_expired"},
    {"revoked", "session_revoked"},
    {"disabled", "account_disabled"},
    {"altered", "token_invalid"},
    {"made up", "token_invalid"},
    {"refresh", "token_invalid"},
    {"room ticket", "token_invalid"},
    {"room ticket of another key", "token_invalid"},
    {"room ticket with altered claims", "token_invalid"},
    {"room ticket without a signature", "token_invalid"},
    {"made up key", "token_invalid"},
    {"revoked_key", "session_revoked"},
    {"key for no such user", "not_found"},
    {"key for disabled", "account_disabled"},
    {"key for admin", "forbidden"},
    {"user for another", "forbidden", true},
});

constexpr auto kGood = std::to_array<GoodActor>({
    {"stranger", Standing::kOutside},
    {"banned", Standing::kBanned},
    {"owner of another", Standing::kOutside},
    {"admin", Standing::kAdmin},
    {"key", Standing::kNoUser},
    {"key for stranger", Standing::kOutside},
    {"key for banned", Standing::kBanned},
    {"key for member", Standing::kMember},
    {"key for owner", Standing::kOwner},
    {"member", Standing::kMember},
    {"silenced", Standing::kSilenced},
    {"junior", Standing::kJunior},
    {"owner", Standing::kOwner},
});

/// Of those who have what `needs` says, or more of it.
std::string_view community_code(const Row& row, Standing standing) {
  const bool takes_right = row.needs == Needs::kRight || row.needs == Needs::kDefault;
  switch (standing) {
    case Standing::kNoUser:
      return "forbidden";
    case Standing::kOutside:
    case Standing::kBanned:
    case Standing::kAdmin:
      return "not_found";
    case Standing::kMember:
      return row.needs >= Needs::kRight ? "forbidden" : "";
    case Standing::kSilenced:
      return takes_right ? "timed_out" : row.needs == Needs::kOwner ? "forbidden" : "";
    case Standing::kJunior:
      return row.is_ranked ? "hierarchy" : row.needs == Needs::kOwner ? "forbidden" : "";
    case Standing::kOwner:
      return row.code;
  }
  return "?";
}

}  // namespace

std::string Row::method() const {
  const std::string_view text(line);
  return std::string(text.substr(0, text.find(' ')));
}

std::string Row::path() const {
  const std::string_view text(line);
  const size_t begin = text.find(' ') + 1;
  return std::string(text.substr(begin, text.find('?') - begin));
}

const char* best_caller(const Row& row) {
  switch (row.needs) {
    case Needs::kNothing:
      return "nobody";
    case Needs::kKey:
    case Needs::kKeyOrAdmin:
      return "key";
    case Needs::kAdmin:
      return "admin";
    default:
      return "owner";
  }
}

std::span<const Row> route_rows() { return kRows; }
std::span<const BadActor> bad_actors() { return kBad; }
std::span<const GoodActor> good_actors() { return kGood; }

std::string_view expected_code(const Row& row, const BadActor& actor) {
  return row.needs == Needs::kNothing && !actor.is_refused_everywhere ? row.code : actor.code;
}

std::string_view expected_code(const Row& row, const GoodActor& actor) {
  const bool has_key = actor.name.starts_with("key");
  switch (row.needs) {
    case Needs::kNothing:
      return row.code;
    case Needs::kUser:
      if (actor.standing == Standing::kNoUser) return "forbidden";
      if (actor.standing == Standing::kBanned && std::string_view(row.id) == "acceptInvite") return "banned";
      return row.code;
    case Needs::kKey:
      return has_key ? row.code : "forbidden";
    case Needs::kKeyOrAdmin:
      return has_key || actor.standing == Standing::kAdmin ? row.code : "forbidden";
    case Needs::kAdmin:
      return actor.standing == Standing::kAdmin ? row.code : "forbidden";
    case Needs::kOwn:
      if (actor.standing == Standing::kNoUser) return "forbidden";
      return actor.standing == Standing::kOwner ? row.code : "not_found";
    default:
      return community_code(row, actor.standing);
  }
}

}  // namespace parley::security
