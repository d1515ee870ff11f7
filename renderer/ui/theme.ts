import type { CSSVariablesResolver, MantineColorsTuple } from '@mantine/core';
import { Button, createTheme } from '@mantine/core';
import i18next from 'i18next';

/** Only shades 4 (dark) and 6 (light) are used as they are; the rest is for the few Mantine parts that ask for a neighbour. */
const accent: MantineColorsTuple = [
  '#e9f2ff',
  '#cfe2ff',
  '#9cc4ff',
  '#73abff',
  '#4c9aff',
  '#2f7fee',
  '#1668dc',
  '#1259bf',
  '#0f4ba2',
  '#0a3a80',
];
const bad: MantineColorsTuple = [
  '#ffebe9',
  '#ffd2ce',
  '#faa59d',
  '#f6857b',
  '#f2675c',
  '#df4a3e',
  '#c02f24',
  '#a8281e',
  '#8f2119',
  '#761a13',
];

/** Mantine's greys, laid over the tokens' values, so that a part that asks for one of them stays in tone. */
const dark: MantineColorsTuple = [
  '#e4e9f0',
  '#b6c0cc',
  '#98a4b3',
  '#7f8b9a',
  '#262e39',
  '#232b36',
  '#1c232c',
  '#151a21',
  '#0e1116',
  '#0a0d11',
];
const gray: MantineColorsTuple = [
  '#f4f6f9',
  '#eef1f5',
  '#e6eaef',
  '#dde2e9',
  '#cdd4dd',
  '#7b8694',
  '#616c7a',
  '#55606e',
  '#2c3440',
  '#171c24',
];

const compact = { size: 'xs' } as const;

/** Mantine with this app's density; its colours come from tokens.css by `variables`. */
export const theme = createTheme({
  colors: { accent, bad, dark, gray },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.28,
  black: '#08111f',
  white: '#ffffff',
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: 'var(--font)', fontWeight: '600' },
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.45', lg: '1.5', xl: '1.4' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  cursorType: 'default',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Button: Button.extend({
      defaultProps: { size: 'xs', variant: 'default' },
      styles: (_theme, { variant }) => ({ root: { fontWeight: variant === 'filled' ? 500 : 400 } }),
      vars: (_theme, { variant }) => ({
        root: variant === 'filled' ? { '--button-color': 'var(--on-accent)' } : {},
      }),
    }),
    ActionIcon: { defaultProps: { size: 28, variant: 'default', color: 'gray' } },
    InputWrapper: {
      styles: { label: { fontSize: 13 }, description: { fontSize: 12 }, error: { fontSize: 12 } },
    },
    TextInput: { defaultProps: compact },
    PasswordInput: { defaultProps: compact },
    Autocomplete: { defaultProps: compact },
    Select: { defaultProps: compact },
    Checkbox: { defaultProps: compact },
    Switch: { defaultProps: compact },
    SegmentedControl: { defaultProps: compact },
    Tooltip: { defaultProps: { openDelay: 400, fz: 12 } },
    Menu: {
      defaultProps: { shadow: 'md', position: 'bottom-end', offset: 4, withInitialFocusPlaceholder: false },
    },
    // A function, as there are no texts yet when this file is loaded.
    Notification: {
      defaultProps: () => ({ closeButtonProps: { 'aria-label': i18next.t('common:close') } }),
    },
    // Mantine's <header> would count as a second banner of the page.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    DrawerHeader: { defaultProps: { role: 'presentation' } },
    // Menus and dialogs stand in a landmark of their own (index.html).
    Portal: { defaultProps: { target: '#overlays' } },
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } },
      styles: { title: { fontSize: 15, fontWeight: 600 } },
    },
  },
});

/** Mantine's own variables, said in the tokens' words. */
export const variables: CSSVariablesResolver = () => {
  const both = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-bright': 'var(--text)',
    '--mantine-color-dimmed': 'var(--muted)',
    '--mantine-color-placeholder': 'var(--faint)',
    '--mantine-color-anchor': 'var(--accent-text)',
    '--mantine-color-error': 'var(--bad)',
    '--mantine-color-default': 'var(--raised)',
    '--mantine-color-default-hover': 'color-mix(in srgb, var(--raised) 80%, var(--text) 8%)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line)',
    '--mantine-color-disabled': 'var(--raised)',
    '--mantine-color-disabled-color': 'var(--faint)',
    '--mantine-color-disabled-border': 'var(--line)',
  };
  return { variables: {}, light: both, dark: both };
};
