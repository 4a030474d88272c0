/** A small `Intl`: English number and date formats, which is what scripts use it for. QuickJS has none. */

import { expose } from '../core/expose.js';

interface NumberOptions {
  minimumFractionDigits?: number;
  maximumFractionDigits?: number;
  minimumIntegerDigits?: number;
  useGrouping?: boolean;
  style?: 'decimal' | 'percent' | 'currency';
  currency?: string;
}

const symbols: Record<string, string> = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹' };

class NumberFormat {
  #options: NumberOptions;

  constructor(_locale?: unknown, options: NumberOptions = {}) {
    this.#options = options;
  }

  format(value: number): string {
    const {
      style = 'decimal',
      currency = 'USD',
      useGrouping = true,
      minimumIntegerDigits = 1,
    } = this.#options;
    const least = this.#options.minimumFractionDigits ?? (style === 'currency' ? 2 : 0);
    const most = Math.max(
      this.#options.maximumFractionDigits ?? (style === 'currency' ? 2 : style === 'percent' ? 0 : 3),
      least,
    );
    const number = Math.abs(style === 'percent' ? value * 100 : value);
    let [whole = '', fraction = ''] = number.toFixed(most).split('.');
    while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
    whole = whole.padStart(minimumIntegerDigits, '0');
    if (useGrouping) whole = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    const text = fraction === '' ? whole : `${whole}.${fraction}`;
    const prefix = style === 'currency' ? (symbols[currency] ?? `${currency} `) : '';
    return `${value < 0 ? '-' : ''}${prefix}${text}${style === 'percent' ? '%' : ''}`;
  }

  resolvedOptions(): Record<string, unknown> {
    return { locale: 'en-US', numberingSystem: 'latn', style: 'decimal', ...this.#options };
  }
}

class DateTimeFormat {
  format(date: Date | number = Date.now()): string {
    const value = new Date(date);
    return `${value.getMonth() + 1}/${value.getDate()}/${value.getFullYear()}`;
  }

  resolvedOptions(): Record<string, unknown> {
    return { locale: 'en-US', calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC' };
  }
}

class Collator {
  compare = (a: unknown, b: unknown): number => String(a).localeCompare(String(b));
}

export const Intl = expose({
  NumberFormat,
  DateTimeFormat,
  Collator,
  getCanonicalLocales: (): string[] => ['en-US'],
});
