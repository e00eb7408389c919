/** The words are English, so dates and numbers follow the reader's own English, else the British one. */
export const locale: string =
  globalThis.navigator?.languages?.find((tag) => tag === 'en' || tag.startsWith('en-')) ?? 'en-GB';

/** The zone of this browser, by its IANA name. */
export const browserZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone;
