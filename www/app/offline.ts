// Our own page without a network: installs the service worker, takes files that the system opens with the installed page.
import type { NegatoscopeViewer } from '../element/index.ts';

interface LaunchQueue {
  setConsumer(take: (launch: { files: FileSystemFileHandle[] }) => void): void;
}

/** Only where the page stands alone: inside of a portal's frame it keeps nothing on the device. */
export function keepProgram(): void {
  if (window.top !== window.self || !globalThis.isSecureContext || !('serviceWorker' in navigator)) return;
  // After the first picture of the page: it must not wait for what is kept for later.
  const register = () => void navigator.serviceWorker.register(new URL('./sw.js', document.baseURI)).catch(() => {});
  if (document.readyState === 'complete') setTimeout(register, 1000);
  else addEventListener('load', () => setTimeout(register, 1000), { once: true });
}

/** Files that are opened with the installed page go the way of dropped ones. */
export function takeLaunched(viewer: NegatoscopeViewer): void {
  const queue = (globalThis as { launchQueue?: LaunchQueue }).launchQueue;
  queue?.setConsumer(({ files }) => {
    if (files.length === 0) return;
    void Promise.all(files.map((handle) => handle.getFile()))
      .then((all) => viewer.open(all))
      .catch(() => {}); // said on the page already
  });
}
