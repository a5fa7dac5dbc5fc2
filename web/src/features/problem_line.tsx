import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem';

interface Props {
  problem: Problem | null;
  /** The key of a sentence that says it better here than the server's; null: there is none. */
  keyOf?: (problem: Problem) => string | null;
}

/** Why something was not done, in the server's words unless there are better; announced when it appears. */
export function ProblemLine({ problem, keyOf }: Props) {
  const { t } = useTranslation();
  const key = problem && keyOf?.(problem);
  return (
    <p role="alert" className="error">
      {problem && (key ? t(key) : problem.title || t('error_unavailable'))}
    </p>
  );
}
