"""How often one address may ask what is open to everybody."""

import logging

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
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            pipeline = client.pipeline()
            pipeline.set(key, 0, ex=WINDOW_S, nx=True)
            pipeline.incr(key)
            asked = int(pipeline.execute()[1])
    except redis.RedisError:
        logger.warning("pace_unknown name=%s", name)
        return False
    return asked > most
