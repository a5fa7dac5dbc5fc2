/** What the server gives a person who wants to enter a room. */
export interface CallToken {
  token: string;
  identity: string;
}

export class CallTokenError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Asks the server for a room token. Development servers give one to anyone; others will ask for a login. */
export async function requestCallToken(room: string, name: string): Promise<CallToken> {
  const response = await fetch('/api/v1/call-token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ room, name }),
  });
  const body: unknown = await response.json().catch(() => ({}));
  if (!response.ok) {
    const code = typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : 'unavailable';
    throw new CallTokenError(code);
  }
  return body as CallToken;
}
