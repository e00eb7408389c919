import { locale } from './locale';

const formats = new Map<string, Intl.NumberFormat>();

/**
 * "£1,234.50" from a decimal string.
 *
 * The string goes to the formatter as it is: a binary number would round 15-digit amounts. What is no amount
 * comes back unchanged, since hiding it would be worse.
 */
export function moneyText(amount: string, currency: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(amount)) return amount;
  let format = formats.get(currency);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    formats.set(currency, format);
  }
  return format.format(amount as Intl.StringNumericLiteral);
}

/** "20 %" from "20.00", "17.5 %" from "17.5000". */
export function percentText(value: string): string {
  return `${value.includes('.') ? value.replace(/\.?0+$/, '') : value} %`;
}
