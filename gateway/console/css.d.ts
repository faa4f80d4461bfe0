// Style sheets are bundled by build.js; to the compiler they are modules without content.

declare module '*.css'
