import { describe, expect, it } from 'vitest';
import { readPlace, takePlace } from './place';

const at = (address: string): URL => new URL(address, 'https://chat.example.com');

describe('readPlace', () => {
  it.each([
    ['/verify-email#token=pm_1-a_b', { kind: 'verifyEmail', token: 'pm_1-a_b' }],
    ['/reset-password#token=pm_2', { kind: 'resetPassword', token: 'pm_2' }],
    ['/reset-password', { kind: 'resetPassword', token: '' }],
    ['/sign-in#problem=forbidden', { kind: 'signIn', problem: 'forbidden', ticket: '' }],
    ['/sign-in#ticket=t1', { kind: 'signIn', problem: '', ticket: 't1' }],
    ['/?invite=abc', { kind: 'start', invite: 'abc' }],
    ['/?room=den', { kind: 'guest' }],
    ['/', { kind: 'start', invite: null }],
  ])('knows where %s leads', (address, place) => expect(readPlace(at(address))).toEqual(place));

  it('takes no token from the query, which servers write into logs', () => {
    expect(readPlace(at('/verify-email?token=pm_1'))).toEqual({ kind: 'verifyEmail', token: '' });
  });
});

describe('takePlace', () => {
  function replaced(address: string): string[] {
    const seen: string[] = [];
    takePlace({ read: () => at(address), replace: (next) => seen.push(next) });
    return seen;
  }

  it('takes a token out of the address', () => expect(replaced('/verify-email#token=pm_1')).toEqual(['/verify-email']));
  it('leaves the sign-in page of a provider behind', () => expect(replaced('/sign-in#ticket=t1')).toEqual(['/']));
  it('leaves an invite where it is', () => expect(replaced('/?invite=abc')).toEqual([]));
});
