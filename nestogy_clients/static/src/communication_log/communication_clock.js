/** @returns {number} milliseconds that a timer has run */
export function elapsedTime({ startedAt, elapsed }, now) {
    return elapsed + (startedAt ? Math.max(0, now - startedAt) : 0);
}

/** @returns {string} like 4:05 or 1:04:05 */
export function clockText(milliseconds) {
    const seconds = Math.floor(milliseconds / 1000);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    return shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/**
 * @param {string} text minutes, minutes:seconds or hours:minutes:seconds
 * @returns {number|null} milliseconds, null when it is none of these
 */
export function parseClock(text) {
    const match = text.trim().match(/^(?:(\d{1,2}):(?=\d+:))?(\d{1,4})(?::([0-5]?\d))?$/);
    if (!text.trim()) {
        return 0;
    }
    return match ? ((Number(match[1] || 0) * 60 + Number(match[2])) * 60 + Number(match[3] || 0)) * 1000 : null;
}
