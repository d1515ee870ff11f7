import { Autocomplete } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HostSuggestion } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';

const DEBOUNCE_MS = 80;

/** Suggestions for what was typed so far; the last ones stay until the new ones are here. */
function useSuggestions(text: string): readonly HostSuggestion[] {
  const [suggestions, setSuggestions] = useState<readonly HostSuggestion[]>([]);
  useEffect(() => {
    const asked = new AbortController();
    const timer = setTimeout(() => {
      api.host.suggest({ text }, { signal: asked.signal }).then(setSuggestions, () => undefined);
    }, DEBOUNCE_MS);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [text]);
  return suggestions;
}

/** The one field a host needs: `user@host`, a libvirt URI or an entry of ~/.ssh/config, suggested while one types. */
export function TargetField({
  value,
  onChange,
  error,
  size = 'xs',
  autoFocus = false,
}: {
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  size?: 'xs' | 'sm';
  autoFocus?: boolean;
}) {
  const { t } = useTranslation('hosts');
  const suggestions = useSuggestions(value);
  const byTarget = new Map(suggestions.map((suggestion) => [suggestion.target, suggestion]));
  return (
    <Autocomplete
      label={t('target.label')}
      description={t('target.description')}
      placeholder="root@kvm-a.example.org"
      value={value}
      onChange={onChange}
      data={[...byTarget.keys()]}
      // The core has already chosen what fits the text.
      filter={({ options }) => options}
      renderOption={({ option }) => {
        const suggestion = byTarget.get(option.value);
        return (
          <div className="row" style={{ width: '100%' }}>
            <span className="strong truncate">{option.value}</span>
            <span className="faint small truncate">
              {suggestion?.label === option.value ? '' : suggestion?.label}
            </span>
            <span className="spacer" />
            {suggestion !== undefined && (
              <span className="faint tiny">{t(`target.from.${suggestion.source}`)}</span>
            )}
          </div>
        );
      }}
      size={size}
      error={error}
      spellCheck={false}
      autoComplete="off"
      data-autofocus={autoFocus || undefined}
      comboboxProps={{ transitionProps: { duration: 0 } }}
      maxDropdownHeight={240}
    />
  );
}
