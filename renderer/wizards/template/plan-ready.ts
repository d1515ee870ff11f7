interface AskedPlan {
  readonly loading: boolean;
  readonly failure: unknown;
  readonly value: { readonly problems: readonly unknown[] } | null;
}

/** Nothing stands against a form, as far as its hosts have answered to just this. */
export function isReady(
  plan: AskedPlan,
  { connected, isAsked }: { connected: boolean; isAsked: boolean },
): boolean {
  return connected && isAsked && !plan.loading && plan.failure === null && plan.value?.problems.length === 0;
}
