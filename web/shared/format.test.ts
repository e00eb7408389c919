import { describe, expect, it } from 'vitest';
import {
  agoText,
  dateText,
  distanceText,
  durationText,
  exactText,
  initials,
  jobsText,
  scheduledText,
  valueText,
} from './format';

const LONDON = 'Europe/London';
const at = (text: string) => new Date(text);

describe('scheduledText', () => {
  // A Wednesday in winter.
  const now = at('2025-11-19T10:00:00Z');
  const text = (instant: string, hasBegun = true) => scheduledText(at(instant), now, LONDON, hasBegun);

  it('names the days around today with their time', () => {
    expect(text('2025-11-19T14:00:00Z').text).toBe('Today 14:00');
    expect(text('2025-11-20T09:15:00Z').text).toBe('Tomorrow 09:15');
    expect(text('2025-11-18T16:00:00Z').text).toBe('Yesterday 16:00');
  });

  it('writes other days with the name of the month, and the year when it is another one', () => {
    expect(text('2025-12-03T09:00:00Z').text).toBe('Wed 3 Dec');
    expect(text('2026-01-14T09:00:00Z').text).toBe('14 Jan 2026');
  });

  it('says how late work is that has not begun', () => {
    expect(text('2025-11-19T09:30:00Z', false)).toEqual({ text: '30m late', isLate: true });
    expect(text('2025-11-19T03:00:00Z', false)).toEqual({ text: '7h late', isLate: true });
    expect(text('2025-11-16T16:00:00Z', false)).toEqual({ text: '3d late', isLate: true });
    expect(text('2025-11-16T16:00:00Z', true).isLate).toBe(false);
    expect(text('2025-11-19T10:30:00Z', false).isLate).toBe(false);
  });

  it('takes the day from the clock of the site', () => {
    // Half past midnight in London is still the evening before in New York.
    const midnight = at('2025-11-20T00:30:00Z');
    expect(scheduledText(midnight, now, LONDON, true).text).toBe('Tomorrow 00:30');
    expect(scheduledText(midnight, now, 'America/New_York', true).text).toBe('Today 19:30');
  });

  it('keeps days apart when the clocks go back', () => {
    // Saturday evening, summer time; 25 hours later it is Sunday evening, winter time.
    const saturday = at('2025-10-25T20:00:00Z');
    expect(scheduledText(at('2025-10-26T21:00:00Z'), saturday, LONDON, true).text).toBe('Tomorrow 21:00');
    expect(distanceText(at('2025-10-27T09:00:00Z'), saturday, LONDON, true).text).toBe('in 2d');
  });

  it('keeps days apart when the clocks go forward', () => {
    // 23 hours and a half after Saturday 12:00 it is Sunday 12:30.
    const saturday = at('2025-03-29T12:00:00Z');
    expect(scheduledText(at('2025-03-30T11:30:00Z'), saturday, LONDON, true).text).toBe('Tomorrow 12:30');
  });
});

describe('exactText', () => {
  it('names the zone when the browser shows another time', () => {
    expect(exactText(at('2025-01-14T14:00:00Z'), LONDON, LONDON)).toBe('Tue, 14 Jan 2025, 14:00');
    expect(exactText(at('2025-01-14T14:00:00Z'), 'America/New_York', LONDON)).toBe(
      'Tue, 14 Jan 2025, 09:00 (New York time)',
    );
  });

  it('does not name a zone that agrees at that instant', () => {
    expect(exactText(at('2025-01-14T14:00:00Z'), LONDON, 'UTC')).toBe('Tue, 14 Jan 2025, 14:00');
    expect(exactText(at('2025-07-14T14:00:00Z'), LONDON, 'UTC')).toBe(
      'Mon, 14 Jul 2025, 15:00 (London time)',
    );
  });
});

it('says how long ago something was, then its date', () => {
  const now = at('2025-11-19T10:00:00Z');
  expect(agoText(at('2025-11-19T09:59:40Z'), now, LONDON)).toBe('now');
  expect(agoText(at('2025-11-19T09:35:00Z'), now, LONDON)).toBe('25m ago');
  expect(agoText(at('2025-11-18T12:00:00Z'), now, LONDON)).toBe('22h ago');
  expect(agoText(at('2025-11-14T12:00:00Z'), now, LONDON)).toBe('5d ago');
  expect(agoText(at('2025-10-14T12:00:00Z'), now, LONDON)).toBe('Tue 14 Oct');
});

it('writes dates that nobody can misread', () => {
  expect(dateText('2025-04-03')).toBe('3 Apr 2025');
});

it('writes durations, counts and initials', () => {
  expect([45, 60, 90, 0].map(durationText)).toEqual(['45 min', '1 h', '1 h 30 min', '0 min']);
  expect([1, 10_000].map(jobsText)).toEqual(['1 job', '10,000 jobs']);
  expect(['Jo Whitfield', 'Ana Maria de Souza', 'Firstfix', ' '].map(initials)).toEqual([
    'JW',
    'AS',
    'F',
    '',
  ]);
});

it('writes values of the history for people', () => {
  expect(valueText(null, LONDON)).toBe('nothing');
  expect(valueText([], LONDON)).toBe('nothing');
  expect(valueText(false, LONDON)).toBe('no');
  expect(valueText('2025-04-03', LONDON)).toBe('3 Apr 2025');
  expect(valueText('2025-01-14T14:00:00Z', LONDON)).toBe('Tue, 14 Jan 2025, 14:00');
  expect(valueText(['Carla', { id: 4, name: 'Dev' }], LONDON)).toBe('Carla, Dev');
  expect(valueText('FF-1', LONDON)).toBe('FF-1');
});
