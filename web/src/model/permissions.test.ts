import { describe, expect, it } from 'vitest';
import { allows, permission } from './permissions';

describe('allows', () => {
  it('reads bits beyond the precision of numbers', () => expect(allows('9223372036854775809', 63n)).toBe(true));
  it('sees that a bit is missing', () => expect(allows(String(1n << permission.invite), permission.connect)).toBe(false));
  it('allows nothing without a mask', () => expect(allows(undefined, permission.connect)).toBe(false));
  it('allows nothing when the mask is no number', () => expect(allows('0x7', 0n)).toBe(false));
});
