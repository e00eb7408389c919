import { describe, expect, it } from 'vitest';
import { addDays, daysBetween, isLocalDate, localDate, sameClock, weekOf, zoneCity } from './tz';

describe('localDate', () => {
  it('is the date on the wall there, not here', () => {
    const at = new Date('2025-06-30T23:30:00Z');
    expect(localDate(at, 'Europe/London')).toBe('2025-07-01');
    expect(localDate(at, 'America/New_York')).toBe('2025-06-30');
    expect(localDate(at, 'Asia/Kolkata')).toBe('2025-07-01');
  });

  it('stays right on the days when the clocks change', () => {
    expect(localDate(new Date('2025-03-30T00:59:59Z'), 'Europe/London')).toBe('2025-03-30');
    expect(localDate(new Date('2025-03-29T23:59:59Z'), 'Europe/London')).toBe('2025-03-29');
    expect(localDate(new Date('2025-10-25T23:00:00Z'), 'Europe/London')).toBe('2025-10-26');
    expect(localDate(new Date('2025-10-26T23:59:59Z'), 'Europe/London')).toBe('2025-10-26');
  });
});

describe('calendar days', () => {
  it('count dates, so days of 23 and 25 hours are one day', () => {
    expect(daysBetween('2025-03-29', '2025-03-31')).toBe(2);
    expect(daysBetween('2025-10-25', '2025-10-27')).toBe(2);
    expect(addDays('2025-10-26', 1)).toBe('2025-10-27');
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2025-01-01', -1)).toBe('2024-12-31');
  });

  it('make weeks from Monday to Sunday', () => {
    expect(weekOf('2025-11-19')).toEqual({ from: '2025-11-17', to: '2025-11-23' });
    expect(weekOf('2025-11-17')).toEqual({ from: '2025-11-17', to: '2025-11-23' });
    expect(weekOf('2025-11-23')).toEqual({ from: '2025-11-17', to: '2025-11-23' });
  });
});

it('knows dates that exist', () => {
  expect(['2025-02-28', '2024-02-29'].every(isLocalDate)).toBe(true);
  expect(['2025-02-30', '2025-13-01', '25-01-01', '2025-1-1', '', 'today'].some(isLocalDate)).toBe(false);
});

it('names a zone by its city', () => {
  expect(zoneCity('America/New_York')).toBe('New York');
  expect(zoneCity('America/Argentina/Buenos_Aires')).toBe('Buenos Aires');
  expect(zoneCity('UTC')).toBe('UTC');
});

it('compares clocks at the instant', () => {
  expect(sameClock(new Date('2025-01-15T12:00:00Z'), 'Europe/London', 'UTC')).toBe(true);
  expect(sameClock(new Date('2025-07-15T12:00:00Z'), 'Europe/London', 'UTC')).toBe(false);
});
