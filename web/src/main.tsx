import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './features/app';
import { startI18n } from './i18n';
import { makeServices } from './services';
import './ui/styles.css';

const root = document.getElementById('root');
if (root) {
  void startI18n().then(() =>
    createRoot(root).render(
      <StrictMode>
        <App services={makeServices()} />
      </StrictMode>,
    ),
  );
}
