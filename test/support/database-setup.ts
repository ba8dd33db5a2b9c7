/** Replaced when the embedded database lands. */
export default function setup(): void {}
