// Windows for CT, in HU; offered only where the values are HU. One line a preset.
export const presets = [
  { name: 'soft', width: 400, center: 40 },
  { name: 'lung', width: 1500, center: -600 },
  { name: 'bone', width: 2000, center: 500 },
  { name: 'brain', width: 80, center: 40 },
  { name: 'liver', width: 150, center: 90 },
  { name: 'angio', width: 600, center: 300 },
  { name: 'stroke', width: 35, center: 35 },
  { name: 'subdural', width: 200, center: 75 },
] as const;
