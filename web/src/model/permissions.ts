/** Bits of the server's permission masks; its `permissions.h` is the truth. */
export const permission = { view: 0n, send: 1n, manageChannels: 10n, invite: 15n, connect: 20n, move: 28n } as const;

/** `mask` is a decimal number of 64 bits, which a JavaScript number cannot hold. */
export function allows(mask: string | undefined, bit: bigint): boolean {
  return mask !== undefined && /^\d{1,20}$/.test(mask) && ((BigInt(mask) >> bit) & 1n) === 1n;
}
