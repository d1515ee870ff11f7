const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** So long something will take, no finer than such a guess is: `40 s`, `12 min`, `1 h 50 min`. */
export function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 2 * MINUTE) return `${whole} s`;
  const minutes = Math.ceil(whole / MINUTE);
  if (minutes < 100) return `${minutes} min`;
  if (whole >= 100 * HOUR) return `${Math.ceil(whole / (24 * HOUR))} d`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
