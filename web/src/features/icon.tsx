import type { ReactNode } from 'react';

const icons = {
  microphone: <path d="M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3Zm6-3a6 6 0 0 1-12 0H4a8 8 0 0 0 7 7.9V22h2v-2.1A8 8 0 0 0 20 12Z" />,
  camera: <path d="M4 6h10a2 2 0 0 1 2 2v2.5l5-3v9l-5-3V16a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2Z" />,
  screen: <path d="M3 4h18a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-8v2h4v2H7v-2h4v-2H3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm9 3-4 4h3v3h2v-3h3Z" />,
  leave: <path d="M12 9c-3.5 0-6.7.9-9.5 2.6-.6.4-.7 1.1-.3 1.7l1.9 2.5c.4.5 1 .6 1.600.3l2.6-1.5c.5-.3.7-.8.6-1.300l-.3-1.600a13 13 0 0 1 6.800 0l-.3 1.600c-.1.5.1 1 .6 1.3l2.6 1.5c.6.3 1.200.2 1.600-.3l1.9-2.5c.4-.6.3-1.300-.3-1.7A18 18 0 0 0 12 9Z" />,
  attach: <path d="M17 6v10.500a5 5 0 0 1-10 0V5.500a3.500 3.500 0 0 1 7 0V15a2 2 0 0 1-4 0V6h1.800v9a.2.2 0 0 0 .4 0V5.500a1.700 1.700 0 0 0-3.400 0v11a3.200 3.200 0 0 0 6.400 0V6Z" />,
  play: <path d="M8 5v14l11-7Z" />,
  pause: <path d="M7 5h4v14H7Zm6 0h4v14h-4Z" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof icons;

/** A picture that repeats what words beside it say. A slash shows what is off. */
export function Icon({ name, isSlashed }: { name: IconName; isSlashed?: boolean }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      {icons[name]}
      {isSlashed && <path className="slash" d="m3 3 18 18" />}
    </svg>
  );
}
