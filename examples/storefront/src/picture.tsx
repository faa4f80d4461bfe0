// A picture of a good that has none: a still life drawn from its name, always the same for the same name.

const backgrounds = ['#dfe8dc', '#ecdfcf', '#dbe4ea', '#eadadb', '#e6e2cf', '#dcdcea']
const inks = ['#1f4d45', '#8a4b2a', '#2c4a6b', '#7a3b4e', '#5b5a22', '#43406b']

export function Picture({ name }: { readonly name: string }) {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9_973, 7)
  const background = backgrounds[seed % backgrounds.length]
  const ink = inks[seed % inks.length]
  const width = 34 + (seed % 5) * 6
  const height = 40 + (seed % 7) * 5
  const round = seed % 3 === 0 ? width / 2 : 4 + (seed % 4) * 4
  return (
    <svg className="picture" viewBox="0 0 160 110" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <rect width="160" height="110" fill={background} />
      <rect y="92" width="160" height="18" fill={ink} opacity="0.12" />
      <ellipse cx="80" cy="93" rx={width * 0.8} ry="5" fill={ink} opacity="0.18" />
      <rect x={80 - width / 2} y={93 - height} width={width} height={height} rx={round} fill={ink} opacity="0.88" />
      <rect
        x={80 - width / 2 + 6}
        y={93 - height + 7}
        width="5"
        height={height * 0.5}
        rx="2.5"
        fill="#fff"
        opacity="0.35"
      />
      <circle cx={104 + (seed % 4) * 5} cy="85" r={6 + (seed % 4)} fill={ink} opacity="0.45" />
      <circle cx={34 + (seed % 6) * 3} cy={26 + (seed % 5) * 3} r="11" fill="#fff" opacity="0.6" />
    </svg>
  )
}
