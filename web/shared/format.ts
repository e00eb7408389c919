import { browserZone, locale } from './locale';
import { daysBetween, isLocalDate, localDate, sameClock, zoneCity, type LocalDate } from './tz';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

// "09:00" where the clock has 24 hours, "9:00 am" where it has twelve.
const { hour12 } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
const HOUR = hour12 === true ? 'numeric' : '2-digit';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs a hundred times more than using it. */
function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, options);
    formats.set(key, format);
  }
  return format;
}

/** "14:00", as the clock in `zone` shows it. */
function timeText(at: Date, zone: string): string {
  return formatter({ timeZone: zone, hour: HOUR, minute: '2-digit' }).format(at);
}

/** "14 Jan 2026": months have names, so nobody takes the month for the day. */
export function dateText(date: LocalDate): string {
  return formatter({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** "Wed 14 Jan", or "14 Jan 2026" in another year than `today`. */
function shortDateText(date: LocalDate, today: LocalDate): string {
  if (date.slice(0, 4) !== today.slice(0, 4)) return dateText(date);
  return formatter({ timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/**
 * "Wed 14 Jan 2026, 14:00", with the zone's city when this browser's clock shows another time.
 *
 * The zone is compared at that instant: London and Lisbon differ in no winter and no summer.
 */
export function exactText(at: Date, zone: string, ownZone: string = browserZone): string {
  const text = formatter({
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: HOUR,
    minute: '2-digit',
  }).format(at);
  return sameClock(at, zone, ownZone) ? text : `${text} (${zoneCity(zone)} time)`;
}

/** How long between two instants: "25m", "3h", "5d". Days are those of the calendar in `zone`. */
function spanText(from: Date, to: Date, zone: string): string {
  const ms = to.getTime() - from.getTime();
  if (ms < HOUR_MS) return `${Math.max(1, Math.floor(ms / MINUTE_MS))}m`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)}h`;
  return `${Math.max(1, daysBetween(localDate(from, zone), localDate(to, zone)))}d`;
}

/** How long ago something happened: "now", "25m ago", "5d ago", then the date. */
export function agoText(at: Date, now: Date, zone: string): string {
  if (now.getTime() - at.getTime() < MINUTE_MS) return 'now';
  const date = localDate(at, zone);
  const today = localDate(now, zone);
  if (daysBetween(date, today) > 13) return shortDateText(date, today);
  return `${spanText(at, now, zone)} ago`;
}

export interface WhenText {
  text: string;
  isLate: boolean;
}

/**
 * When planned work starts, read from `now`.
 *
 * "Today 14:00", "Tomorrow 09:00", "Wed 14 Jan"; for work that should have begun and has not, "3d late".
 */
export function scheduledText(at: Date, now: Date, zone: string, hasBegun: boolean): WhenText {
  if (!hasBegun && now.getTime() - at.getTime() >= MINUTE_MS) {
    return { text: `${spanText(at, now, zone)} late`, isLate: true };
  }
  const date = localDate(at, zone);
  const today = localDate(now, zone);
  const days = daysBetween(today, date);
  const named = { [-1]: 'Yesterday', 0: 'Today', 1: 'Tomorrow' }[days];
  if (named !== undefined) return { text: `${named} ${timeText(at, zone)}`, isLate: false };
  return { text: shortDateText(date, today), isLate: false };
}

/** How far away planned work is from `now`: "in 5d", "3d ago", or "3d late" when it should have begun. */
export function distanceText(at: Date, now: Date, zone: string, hasBegun: boolean): WhenText {
  if (at > now) return { text: `in ${spanText(now, at, zone)}`, isLate: false };
  return { text: `${spanText(at, now, zone)} ${hasBegun ? 'ago' : 'late'}`, isLate: !hasBegun };
}

/** "1 h 30 min", "45 min", "2 h". */
export function durationText(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [hours > 0 ? `${hours} h` : '', rest > 0 || hours === 0 ? `${rest} min` : '']
    .filter(Boolean)
    .join(' ');
}

/** "10,000". */
export function countText(count: number): string {
  return count.toLocaleString(locale);
}

/** "1 job", "10,000 jobs". */
export function jobsText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'job' : 'jobs'}`;
}

/** At most two letters that stand for a person: "Jo Whitfield" gives "JW". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toLocaleUpperCase(locale);
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/** A value of the history, for people. Empty values give "nothing". */
export function valueText(value: unknown, zone: string): string {
  if (value === null || value === undefined || value === '') return 'nothing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    return value.length === 0 ? 'nothing' : value.map((item) => valueText(item, zone)).join(', ');
  }
  if (typeof value === 'object') {
    const name = (value as { name?: unknown }).name;
    return typeof name === 'string' ? name : JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (INSTANT.test(value)) return exactText(new Date(value), zone);
    if (isLocalDate(value)) return dateText(value);
  }
  return String(value);
}
