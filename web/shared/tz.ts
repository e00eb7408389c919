/** A date without a time, `YYYY-MM-DD`. */
export type LocalDate = string;

const DAY_MS = 86_400_000;
const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** The date that a calendar on the wall in `zone` shows at this instant. */
export function localDate(at: Date, zone: string): LocalDate {
  let format = dateFormats.get(zone);
  if (format === undefined) {
    // Sweden writes ISO dates.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
    dateFormats.set(zone, format);
  }
  return format.format(at);
}

/** Whole calendar days from one date to another; clock changes do not count. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** The date so many calendar days later. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Monday to Sunday of the week that holds the date. */
export function weekOf(date: LocalDate): { from: LocalDate; to: LocalDate } {
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  const from = addDays(date, -weekday);
  return { from, to: addDays(from, 6) };
}

/** Whether the text is a date that exists, written `YYYY-MM-DD`. */
export function isLocalDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** How people there call the zone: "London", "New York", "UTC". */
export function zoneCity(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

/** Whether two zones show the same wall-clock time at this instant. */
export function sameClock(at: Date, zone: string, other: string): boolean {
  if (zone === other) return true;
  const wall = (timeZone: string) =>
    at.toLocaleString('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return wall(zone) === wall(other);
}
