/** How many times longer than usual a test waits before it calls something hung: `LANSPREAD_PATIENCE`, for busy machines. */
export const patience = Math.max(1, Number(process.env['LANSPREAD_PATIENCE'] ?? 1) || 1);
