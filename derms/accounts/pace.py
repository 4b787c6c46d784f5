"""How often one address may ask what is open to everybody."""

import logging
from functools import cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
WINDOW_S = 60


def is_too_fast(name: str, address: str, *, most: int) -> bool:
    """Whether this address has asked more than `most` times within the minute.

    Without Redis nobody is refused: it guards against collecting, not against asking.
    """
    key = f"derms.pace.{name}.{address}"
    try:
        pipeline = _client(settings.REDIS_URL).pipeline()
        pipeline.set(key, 0, ex=WINDOW_S, nx=True)
        pipeline.incr(key)
        asked = int(pipeline.execute()[1])
    except redis.RedisError:
        logger.warning("pace_unknown name=%s", name)
        return False
    return asked > most


@cache
def _client(url: str) -> redis.Redis:
    """One for the process: opening a connection takes longer than the whole question."""
    return redis.Redis.from_url(url, socket_timeout=2, health_check_interval=30)
