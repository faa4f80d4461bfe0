import { testSeeds } from './run/seeds.testing.ts'

// C1 C2 C3 W2 S1 S2 S3 S5 S8 I1 I2 I3 I4; `npm run simulate` runs as many as are asked for.
testSeeds(2)
