#include "product/model/problem.h"

#include <array>

#include "base/check.h"

namespace parley::product {
namespace {

using enum ProblemCode;
constexpr std::array kTable{
    ProblemInfo{kInvalidRequest, "invalid_request", 400, "The request is not valid.", "İstek geçerli değil.",
                "Sorğu düzgün deyil."},
    ProblemInfo{kMalformedJson, "malformed_json", 400, "The body is not JSON.", "Gövde JSON değil.",
                "Gövdə JSON deyil."},
    ProblemInfo{kUnsupportedMediaType, "unsupported_media_type", 415, "This content type is not accepted.",
                "Bu içerik türü kabul edilmiyor.", "Bu məzmun növü qəbul edilmir."},
    ProblemInfo{kBodyTooLarge, "body_too_large", 413, "The body is too large.", "Gövde çok büyük.",
                "Gövdə çox böyükdür."},
    ProblemInfo{kMethodNotAllowed, "method_not_allowed", 405, "This method is not offered here.",
                "Bu yöntem burada sunulmuyor.", "Bu metod burada təklif olunmur."},
    ProblemInfo{kNotFound, "not_found", 404, "There is no such thing, or you may not see it.",
                "Böyle bir şey yok ya da görme izniniz yok.", "Belə bir şey yoxdur və ya görmək icazəniz yoxdur."},
    ProblemInfo{kIdempotencyKeyReused, "idempotency_key_reused", 422, "This key was used with another request.",
                "Bu anahtar başka bir istekte kullanıldı.", "Bu açar başqa sorğuda istifadə olunub."},
    ProblemInfo{kRequestInProgress, "request_in_progress", 409, "The same request is still running.",
                "Aynı istek hâlâ işleniyor.", "Eyni sorğu hələ icra olunur."},
    ProblemInfo{kRateLimited, "rate_limited", 429, "Too many requests; try again later.",
                "Çok fazla istek; daha sonra yeniden deneyin.", "Həddən çox sorğu; sonra yenidən cəhd edin."},
    ProblemInfo{kOriginNotAllowed, "origin_not_allowed", 403, "Requests from this site are not allowed.",
                "Bu siteden gelen isteklere izin verilmiyor.", "Bu saytdan sorğulara icazə verilmir."},
    ProblemInfo{kUnauthenticated, "unauthenticated", 401, "Please sign in.", "Lütfen oturum açın.",
                "Zəhmət olmasa daxil olun."},
    ProblemInfo{kTokenExpired, "token_expired", 401, "The token has expired.", "Belirtecin süresi doldu.",
                "Tokenin vaxtı bitib."},
    ProblemInfo{kTokenInvalid, "token_invalid", 401, "The token is not valid.", "Belirteç geçerli değil.",
                "Token etibarlı deyil."},
    ProblemInfo{kSessionRevoked, "session_revoked", 401, "This session has ended; please sign in again.",
                "Bu oturum sona erdi; lütfen yeniden oturum açın.", "Bu sessiya bitib; yenidən daxil olun."},
    ProblemInfo{kForbidden, "forbidden", 403, "You may not do this.", "Bunu yapma izniniz yok.",
                "Bunu etməyə icazəniz yoxdur."},
    ProblemInfo{kWrongCredentials, "wrong_credentials", 401, "The name or the password is wrong.",
                "Ad ya da parola yanlış.", "Ad və ya parol yanlışdır."},
    ProblemInfo{kSecondFactorRequired, "second_factor_required", 401, "Please enter your second factor.",
                "Lütfen ikinci doğrulama kodunuzu girin.", "İkinci təsdiq kodunu daxil edin."},
    ProblemInfo{kWrongSecondFactor, "wrong_second_factor", 401, "The code is wrong.", "Kod yanlış.", "Kod yanlışdır."},
    ProblemInfo{kEmailNotVerified, "email_not_verified", 403, "Please confirm your e-mail address first.",
                "Lütfen önce e-posta adresinizi doğrulayın.", "Əvvəlcə e-poçt ünvanınızı təsdiqləyin."},
    ProblemInfo{kAccountDisabled, "account_disabled", 403, "This account is disabled.", "Bu hesap devre dışı.",
                "Bu hesab deaktiv edilib."},
    ProblemInfo{kConflict, "conflict", 409, "It has changed meanwhile; look again.", "Bu arada değişti; yeniden bakın.",
                "Bu arada dəyişib; yenidən baxın."},
    ProblemInfo{kUsernameTaken, "username_taken", 409, "This name is taken.", "Bu ad alınmış.", "Bu ad tutulub."},
    ProblemInfo{kEmailTaken, "email_taken", 409, "This e-mail address is in use.", "Bu e-posta adresi kullanılıyor.",
                "Bu e-poçt ünvanı istifadə olunur."},
    ProblemInfo{kPasswordTooWeak, "password_too_weak", 400, "This password is too easy to guess.",
                "Bu parola kolay tahmin edilir.", "Bu parolu təxmin etmək asandır."},
    ProblemInfo{kLimitReached, "limit_reached", 409, "A limit is reached.", "Bir sınıra ulaşıldı.", "Limitə çatılıb."},
    ProblemInfo{kInviteInvalid, "invite_invalid", 404, "This invitation is not valid.", "Bu davet geçerli değil.",
                "Bu dəvət etibarlı deyil."},
    ProblemInfo{kBanned, "banned", 403, "You are banned here.", "Burada yasaklısınız.", "Burada qadağan olunmusunuz."},
    ProblemInfo{kTimedOut, "timed_out", 403, "You are timed out for now.", "Şu an susturuldunuz.",
                "Hazırda müvəqqəti məhdudlaşdırılmısınız."},
    ProblemInfo{kHierarchy, "hierarchy", 403, "You can act only on those with lower roles.",
                "Yalnızca daha düşük roldekilere işlem yapabilirsiniz.",
                "Yalnız daha aşağı roldakılara əməliyyat edə bilərsiniz."},
    ProblemInfo{kWebhookDisabled, "webhook_disabled", 409, "This webhook endpoint is disabled; enable it first.",
                "Bu webhook uç noktası devre dışı; önce etkinleştirin.",
                "Bu webhook ünvanı deaktivdir; əvvəlcə aktivləşdirin."},
    ProblemInfo{kQuotaExceeded, "quota_exceeded", 413, "There is no room left for this file.",
                "Bu dosya için yer kalmadı.", "Bu fayl üçün yer qalmayıb."},
    ProblemInfo{kFileNotReady, "file_not_ready", 409, "This file is still being examined; try again.",
                "Bu dosya hâlâ inceleniyor; yeniden deneyin.", "Bu fayl hələ yoxlanılır; yenidən cəhd edin."},
    ProblemInfo{kFileInfected, "file_infected", 422, "The virus scanner has refused this file.",
                "Virüs tarayıcısı bu dosyayı reddetti.", "Virus skaneri bu faylı rədd etdi."},
    ProblemInfo{kLinkInvalid, "link_invalid", 403, "This link is not valid or not valid any more.",
                "Bu bağlantı geçersiz ya da süresi dolmuş.", "Bu keçid etibarsızdır və ya vaxtı bitib."},
    ProblemInfo{kChecksumMismatch, "checksum_mismatch", 460, "What arrived is not what was sent; send it again.",
                "Gelen veri gönderilenle aynı değil; yeniden gönderin.",
                "Gələn məlumat göndərilənlə eyni deyil; yenidən göndərin."},
    ProblemInfo{kTusVersion, "tus_version_unsupported", 412, "Only version 1.0.0 of tus is spoken here.",
                "Burada yalnızca tus 1.0.0 sürümü desteklenir.", "Burada yalnız tus 1.0.0 versiyası dəstəklənir."},
    ProblemInfo{kMediaUnreadable, "media_unreadable", 422, "This file cannot be read as what it seems to be.",
                "Bu dosya okunamıyor.", "Bu fayl oxunmur."},
    ProblemInfo{kMediaTooLarge, "media_too_large", 422, "This picture or recording is too large.",
                "Bu görüntü ya da kayıt çok büyük.", "Bu şəkil və ya səs yazısı çox böyükdür."},
    ProblemInfo{kDatabaseUnavailable, "database_unavailable", 503, "The database does not answer; try again.",
                "Veritabanı yanıt vermiyor; yeniden deneyin.", "Verilənlər bazası cavab vermir; yenidən cəhd edin."},
    ProblemInfo{kDeadlineExceeded, "deadline_exceeded", 503, "It took too long; try again.",
                "Çok uzun sürdü; yeniden deneyin.", "Çox uzun çəkdi; yenidən cəhd edin."},
    ProblemInfo{kOverloaded, "overloaded", 503, "The server is busy; try again.", "Sunucu meşgul; yeniden deneyin.",
                "Server məşğuldur; yenidən cəhd edin."},
    ProblemInfo{kLivekitNotConfigured, "livekit_not_configured", 503, "LIVEKIT_URL not configured.",
                "LIVEKIT_URL yapılandırılmamış.", "LIVEKIT_URL konfiqurasiya edilməyib."},
    ProblemInfo{kRoomBackendUnavailable, "room_backend_unavailable", 503, "The media server does not answer.",
                "Medya sunucusu yanıt vermiyor.", "Media serveri cavab vermir."},
    ProblemInfo{kStorageUnavailable, "storage_unavailable", 503, "The file storage does not answer; try again.",
                "Dosya deposu yanıt vermiyor; yeniden deneyin.", "Fayl anbarı cavab vermir; yenidən cəhd edin."},
    ProblemInfo{kStorageFull, "storage_full", 507, "There is no room left for files.", "Dosyalar için yer kalmadı.",
                "Fayllar üçün yer qalmayıb."},
    ProblemInfo{kNotConfigured, "not_configured", 501, "This server runs without this part.",
                "Bu sunucu bu bölüm olmadan çalışıyor.", "Bu server bu hissə olmadan işləyir."},
    ProblemInfo{kInternal, "internal", 500, "Our mistake.", "Bizim hatamız.", "Bizim səhvimiz."},
};

}  // namespace

const ProblemInfo& info(ProblemCode code) {
  const auto index = static_cast<size_t>(code);
  PARLEY_CHECK(index < kTable.size() && kTable[index].code == code);
  return kTable[index];
}

}  // namespace parley::product
