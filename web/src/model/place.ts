/** Where an address leads. The secrets in it are for one request's body and stay in no address bar. */
export type Place =
  | { kind: 'start'; invite: string | null }
  | { kind: 'guest' }
  | { kind: 'verifyEmail'; token: string }
  | { kind: 'resetPassword'; token: string }
  /** Back from the identity provider: with what is wrong, or with a ticket for the second factor. */
  | { kind: 'signIn'; problem: string; ticket: string };

export function readPlace({ pathname, search, hash }: Pick<URL, 'pathname' | 'search' | 'hash'>): Place {
  const secrets = new URLSearchParams(hash.slice(1));
  const query = new URLSearchParams(search);
  const of = (name: string): string => secrets.get(name) ?? '';
  if (pathname === '/verify-email') return { kind: 'verifyEmail', token: of('token') };
  if (pathname === '/reset-password') return { kind: 'resetPassword', token: of('token') };
  if (pathname === '/sign-in') return { kind: 'signIn', problem: of('problem'), ticket: of('ticket') };
  if (query.has('room')) return { kind: 'guest' };
  return { kind: 'start', invite: query.get('invite') };
}

/** The address that may stay: without the fragment, and a page of no more use is the start. */
export function safeAddress({ pathname, search }: Pick<URL, 'pathname' | 'search'>): string {
  return pathname === '/sign-in' ? '/' : pathname + search;
}

/** The page's own address, which it may change without being loaded anew. */
export interface AddressBar {
  read(): URL;
  replace(address: string): void;
}

/** Reads where the address leads, and at once takes its secrets out of the address bar and the history. */
export function takePlace(bar: AddressBar): Place {
  const url = bar.read();
  if (url.hash || url.pathname === '/sign-in') bar.replace(safeAddress(url));
  return readPlace(url);
}
