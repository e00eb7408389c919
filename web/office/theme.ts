import {
  createTheme,
  localStorageColorSchemeManager,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

/** Also read by public/theme.js, before the app is there. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'firstfix.theme' });

const accent: MantineColorsTuple = [
  '#eef2ff',
  '#dfe6ff',
  '#c3cfff',
  '#a5b6ff',
  '#93a6ff',
  '#6d86ff',
  '#3f5ce0',
  '#344dc4',
  '#293d9c',
  '#1b2347',
];

/** Mantine paints its dark surfaces with these: our own greys, from text to the deepest ground. */
const dark: MantineColorsTuple = [
  '#eceef2',
  '#bcc1cc',
  '#969daa',
  '#6c7280',
  '#3a3e48',
  '#26292f',
  '#1a1c21',
  '#141519',
  '#101115',
  '#0e0f13',
];

/** Menus open where their button is, not at the end of the page: inside the landmark, and next in the Tab order. */
const floating = {
  shadow: 'none',
  withinPortal: false,
  floatingStrategy: 'fixed',
  transitionProps: { duration: 100 },
} as const;

/** The head of a dialog is not the banner of the page. */
const dialog = { header: { role: 'none' } };

export const theme = createTheme({
  fontFamily: 'var(--ff-font)',
  fontFamilyMonospace: 'var(--ff-mono)',
  fontSizes: {
    xs: 'var(--ff-size-xs)',
    sm: 'var(--ff-size-md)',
    md: 'var(--ff-size-md)',
    lg: 'var(--ff-size-lg)',
    xl: 'var(--ff-size-xl)',
  },
  colors: { accent, dark },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  defaultRadius: 'var(--ff-radius)',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 400, fz: 'xs', withinPortal: true } },
    Combobox: { defaultProps: floating },
    Menu: { defaultProps: { ...floating, withInitialFocusPlaceholder: false } },
    Popover: { defaultProps: floating },
    Modal: { defaultProps: { shadow: 'none', transitionProps: { duration: 100 }, attributes: dialog } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 }, attributes: dialog } },
  },
});

const colours = {
  '--mantine-color-body': 'var(--ff-page)',
  '--mantine-color-text': 'var(--ff-text)',
  '--mantine-color-dimmed': 'var(--ff-text-muted)',
  '--mantine-color-placeholder': 'var(--ff-text-muted)',
  '--mantine-color-anchor': 'var(--ff-accent-text)',
  '--mantine-color-default': 'var(--ff-raised)',
  '--mantine-color-default-hover': 'var(--ff-hover)',
  '--mantine-color-default-color': 'var(--ff-text)',
  '--mantine-color-default-border': 'var(--ff-border-strong)',
  '--mantine-color-error': 'var(--ff-danger-text)',
};

/** Mantine's own colours follow our tokens, which know both themes: a theme is defined in one place. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--mantine-line-height': '1.45' },
  light: colours,
  dark: colours,
});
