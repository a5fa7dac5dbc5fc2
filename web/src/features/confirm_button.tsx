import { useId, useRef, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  /** On the button, and on the one that confirms. */
  label: string;
  question: string;
  isBusy: boolean;
  /** Resolves to whether it was done; then the question goes away. */
  onConfirm: () => Promise<boolean>;
  /** What else is to be filled in, or said. */
  children?: ReactNode;
}

/** A button for what cannot be undone: it asks first. */
export function ConfirmButton({ label, question, isBusy, onConfirm, children }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();

  async function confirm(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (await onConfirm()) dialog.current?.close();
  }

  return (
    <>
      <button type="button" className="secondary danger" onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} className="card" aria-labelledby={title}>
        <form onSubmit={(event) => void confirm(event)}>
          <p id={title}>{question}</p>
          {children}
          <div className="actions">
            <button type="button" className="secondary" onClick={() => dialog.current?.close()}>
              {t('cancel')}
            </button>
            <button type="submit" className="primary danger" disabled={isBusy}>
              {label}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
