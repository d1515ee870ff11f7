import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { usePreferences } from './state/preferences.ts';
import { theme, variables } from './ui/theme.ts';
import { Shell } from './views/frame/shell.tsx';

/** The window. */
export function App() {
  const { theme: scheme } = usePreferences();
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      {...(scheme === 'system' ? {} : { forceColorScheme: scheme })}
    >
      <ModalsProvider>
        <Notifications position="bottom-right" />
        <Shell />
      </ModalsProvider>
    </MantineProvider>
  );
}
