// When something is made, and random numbers for its UIDs: the core has neither a clock nor randomness.
import type { SaveStamp } from '../shared/protocol.ts';

/** Now, here, and never again. */
export const stamp = (): SaveStamp => ({
  unix_seconds: Math.floor(Date.now() / 1000),
  offset_minutes: -new Date().getTimezoneOffset(),
  seed: Array.from(crypto.getRandomValues(new Uint32Array(4))) as SaveStamp['seed'],
});
