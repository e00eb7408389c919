import { expect, it } from 'vitest';
import { moneyText, percentText } from './money';

it('formats decimal strings without going through binary numbers', () => {
  expect(moneyText('180.00', 'GBP')).toBe('£180.00');
  expect(moneyText('1234567.5', 'GBP')).toBe('£1,234,567.50');
  expect(moneyText('-12.30', 'EUR')).toBe('-€12.30');
  expect(moneyText('9007199254740993.01', 'GBP')).toBe('£9,007,199,254,740,993.01');
});

it('follows the currency in its decimal places', () => {
  expect(moneyText('1500', 'JPY')).toBe('¥1,500');
});

it('hides nothing that it cannot read', () => {
  expect(moneyText('n/a', 'GBP')).toBe('n/a');
});

it('writes percentages without idle zeros', () => {
  expect(['20', '20.00', '17.5000', '100', '0.00'].map(percentText)).toEqual([
    '20 %',
    '20 %',
    '17.5 %',
    '100 %',
    '0 %',
  ]);
});
