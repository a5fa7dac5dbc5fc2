import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './features/app';
import { startI18n } from './i18n';
import { makeServices } from './services';
import './ui/styles.css';

const root = document.getElementById('root');
if (root) {
  // Before anything is waited for: the address may hold a secret.
  const services = makeServices();
  // A second mailed link, pasted where the first was opened, changes only the fragment.
  window.addEventListener('hashchange', () => location.reload());
  void startI18n().then(() =>
    createRoot(root).render(
      <StrictMode>
        <App services={services} />
      </StrictMode>,
    ),
  );
}
