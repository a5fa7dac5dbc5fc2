import type { Problem } from '../api/problem';

const weaknesses = new Map([
  ['at least 8 characters', 'weak_short'],
  ['at most 256 characters', 'weak_long'],
  ['one character repeated', 'weak_repeated'],
  ['one of the most common passwords', 'weak_common'],
  ["equal to the account's name", 'weak_name'],
]);

/** The key of the sentence that says what is wrong with a new password; null: the problem's own words must do. */
export const weaknessKey = (problem: Problem): string | null =>
  problem.code === 'password_too_weak' ? (weaknesses.get(problem.detail) ?? null) : null;

/** The same where the old password is asked for too: whoever is signed in gave no name that could be wrong. */
export const passwordProblemKey = (problem: Problem): string | null =>
  problem.code === 'wrong_credentials' ? 'wrongPassword' : weaknessKey(problem);

/** The key of the sentence that says what is wrong with a mailed link, of which the server only says that of its token. */
export function linkProblemKey(problem: Problem): string | null {
  if (problem.code === 'token_invalid' || problem.code === 'invalid_request') return 'link_invalid';
  return problem.code === 'token_expired' ? 'link_expired' : null;
}

// A map, since the code comes from the address, where anybody writes anything.
const arrivals = new Map([
  ['forbidden', 'arrival_forbidden'],
  ['token_invalid', 'arrival_stale'],
  ['token_expired', 'arrival_stale'],
  ['account_disabled', 'arrival_disabled'],
]);

/** The key of the sentence that says why a sign-in by the identity provider failed: of that there is only a code. */
export const arrivalKey = (code: string): string => arrivals.get(code) ?? 'arrival_failed';
