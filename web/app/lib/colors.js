// Colours of bars. Of outcomes they mean something; of other fields they only tell neighbours apart.

const OF_OUTCOME = { failure: "var(--bar-failure)", denied: "var(--bar-denied)", unknown: "var(--bar-5)" };
const OTHERS = [
  "var(--bar)",
  "var(--bar-denied)",
  "var(--bar-3)",
  "var(--bar-4)",
  "var(--bar-failure)",
  "var(--bar-5)",
];

/** What gives the colour of a value of the field that bars are split by. */
export function bucketColors(field, series = []) {
  if (field === "outcome") return (name) => OF_OUTCOME[name] ?? "var(--bar)";
  if (field === "none" || !field) return () => "var(--bar)";
  return (name) => (name === "other" ? "var(--bar-5)" : OTHERS[Math.max(0, series.indexOf(name)) % OTHERS.length]);
}
