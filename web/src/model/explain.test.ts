import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import en from '../i18n/en.json';
import { arrivalKey, linkProblemKey, passwordProblemKey, weaknessKey } from './explain';

const problem = (code: string, detail = ''): Problem => new Problem(code, 400, 'A title.', 0, detail);
const text = (key: string | null): string | undefined => (key === null ? undefined : (en as Record<string, string>)[key]);

describe('what is wrong with a password', () => {
  it.each([
    ['at least 8 characters', 'A password has at least 8 characters.'],
    ['at most 256 characters', 'A password has at most 256 characters.'],
    ['one character repeated', 'One character over and over is easy to guess.'],
    ['one of the most common passwords', 'This is one of the most common passwords.'],
    ["equal to the account's name", 'Your own name is easy to guess.'],
  ])('is said for "%s"', (detail, sentence) => expect(text(weaknessKey(problem('password_too_weak', detail)))).toBe(sentence));

  it('is left to the server when it has a new rule', () => expect(weaknessKey(problem('password_too_weak', 'no moon phases'))).toBeNull());
  it('is left to the server when it is something else', () => expect(weaknessKey(problem('rate_limited'))).toBeNull());
  it('speaks of no name where none was given', () => {
    expect(text(passwordProblemKey(problem('wrong_credentials')))).toBe('The password is wrong.');
  });
});

describe('what is wrong with a link', () => {
  it.each([
    ['token_invalid', 'This link does not work: it was used already, a newer one was sent, or it is not complete.'],
    ['invalid_request', 'This link does not work: it was used already, a newer one was sent, or it is not complete.'],
    ['token_expired', 'This link is too old.'],
    ['overloaded', undefined],
  ])('%s', (code, sentence) => expect(text(linkProblemKey(problem(code)))).toBe(sentence));
});

describe('why the identity provider sent nobody', () => {
  it.each(['forbidden', 'token_invalid', 'token_expired', 'account_disabled', 'deadline_exceeded', 'constructor'])('has words for %s', (code) => {
    expect(text(arrivalKey(code))).toBeTypeOf('string');
  });
});
