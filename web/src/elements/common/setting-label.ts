/** A setting as a person reads it: `{"lead":0.2}` as "lead 0.2". */
export function formatSetting(value: unknown): string {
  if (Array.isArray(value)) return value.map(formatSetting).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([name, part]) => `${name} ${formatSetting(part)}`)
      .join(', ');
  }
  return String(value);
}
