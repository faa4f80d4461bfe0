// Follows while the component is there. What is followed stays on the device when the page goes, and is readable offline.

import type { FollowRequest, Scope } from '@causeway/client'
import { useClient } from '@causeway/client/react'
import { useEffect, useState } from 'react'

/** True once everything asked for has been here. Null follows nothing. */
export function useFollow(request: FollowRequest | null): boolean {
  const client = useClient()
  const key = JSON.stringify(request)
  const [caughtUp, setCaughtUp] = useState<string | null>(null)
  useEffect(() => {
    const wanted = JSON.parse(key) as FollowRequest | null
    if (wanted === null) return
    let isWanted = true
    const following: Promise<Scope> = client.follow(wanted)
    following
      .then(async (scope) => {
        await scope.caughtUp
        if (isWanted) setCaughtUp(key)
      })
      .catch((error: unknown) => reportError(error))
    return () => {
      isWanted = false
      following.then((scope) => scope.unfollow()).catch(() => {})
    }
  }, [client, key])
  return caughtUp === key
}
