import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem';

/** Why something was not done, in the server's words; announced when it appears. */
export function ProblemLine({ problem }: { problem: Problem | null }) {
  const { t } = useTranslation();
  return (
    <p role="alert" className="error">
      {problem && (problem.title || t('error_unavailable'))}
    </p>
  );
}
