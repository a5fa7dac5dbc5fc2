import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server serves dist/ as it is; `npm run dev` proxies to a server started with `make run`.
export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', chunkSizeWarningLimit: 1100 },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:7880',
      '/rtc': { target: 'ws://127.0.0.1:7880', ws: true },
      '/socket.io': { target: 'ws://127.0.0.1:7880', ws: true },
    },
  },
});
