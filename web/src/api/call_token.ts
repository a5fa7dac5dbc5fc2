import { asProblem, readProblem } from './problem';

/** What the server gives a guest who wants to enter a room. */
export interface CallToken {
  token: string;
  identity: string;
}

/** Asks the server for a room token without an account. Development servers give one to anyone; others refuse. */
export async function requestCallToken(room: string, name: string): Promise<CallToken> {
  let response: Response;
  try {
    response = await fetch('/api/v1/call-token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ room, name }),
    });
  } catch (error) {
    throw asProblem(error);
  }
  if (!response.ok) throw await readProblem(response);
  return (await response.json()) as CallToken;
}
