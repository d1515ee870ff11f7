import { useTranslation } from 'react-i18next';
import type { Problem } from './problems.ts';

/** The words of a field's problem; null while there is none. What is only empty is said when `showNeeded`. */
export function useSaid(
  problems: ReadonlyMap<string, Problem>,
  showNeeded: boolean,
): (field: string) => string | null {
  const { t } = useTranslation('networks');
  return (field) => {
    const problem = problems.get(field);
    if (problem === undefined || (problem.key === 'needed' && !showNeeded)) return null;
    return t(`problem.${problem.key}`, { what: problem.what ?? '' });
  };
}
