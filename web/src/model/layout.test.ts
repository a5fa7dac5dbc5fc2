import { describe, expect, it } from 'vitest';
import { bestColumns } from './layout';

describe('bestColumns', () => {
  it('fills a wide area with two tiles side by side', () => expect(bestColumns(2, 21 / 9)).toBe(2));
  it('stacks two tiles in a tall area', () => expect(bestColumns(2, 9 / 16)).toBe(1));
  it('lays four tiles out two by two', () => expect(bestColumns(4, 16 / 9)).toBe(2));
  it('has one column when there is nobody', () => expect(bestColumns(0, 1)).toBe(1));
});
