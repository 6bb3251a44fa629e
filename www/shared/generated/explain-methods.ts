// Made from src/model/explain; do not edit. UPDATE=1 cargo test --test explain

/** Every method: what it needs of a model, and runs of the network besides the first (of an input of 224 × 224, 64 channels). */
export const explainMethods = [
  { name: 'cam', needs: 'head', runs: 0 },
  { name: 'eigen-cam', needs: 'features', runs: 0 },
  { name: 'rollout', needs: 'attention', runs: 0 },
  { name: 'score-cam', needs: 'features', runs: 65 },
  { name: 'occlusion', needs: 'nothing', runs: 169 },
  { name: 'rise', needs: 'nothing', runs: 1000 },
] as const;
