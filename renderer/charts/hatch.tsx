export const HATCH_ID = 'virtlane-hatch';

/** The hatch of gaps: once for each page with graphs. */
export function HatchPattern() {
  return (
    <svg width={0} height={0} aria-hidden="true" style={{ position: 'absolute' }}>
      <defs>
        <pattern
          id={HATCH_ID}
          width={6}
          height={6}
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width={1} height={6} fill="var(--line)" />
        </pattern>
      </defs>
    </svg>
  );
}
