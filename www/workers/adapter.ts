// Which graphics device the browser has.

/** Processors in disguise: our own code is faster on them. */
const software = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** Whether a device is a program on the CPU, as far as the browser tells. */
export function isSoftware({ info }: GPUAdapter): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  return isFallbackAdapter || software.test(`${vendor} ${architecture} ${device} ${description}`);
}
