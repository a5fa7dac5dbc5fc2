import { useTranslation } from 'react-i18next';
import type { EndReason } from '../model/call';

export function EndView({ reason, onBack }: { reason: EndReason; onBack: () => void }) {
  const { t } = useTranslation();
  return (
    <section className="card" aria-live="polite">
      <h1>{t(`ended_${reason}`)}</h1>
      <button type="button" className="primary" onClick={onBack}>
        {t('rejoin')}
      </button>
    </section>
  );
}
