from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from events.inbox import Consumer
from events.receiver import run_consumer
from fundsite import pipeline
from fundsite.stopping import when_asked


class Command(BaseCommand):
    help = "Handles one consumer's events from the broker of BROKER_URL, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=f"which consumer: {', '.join(pipeline.consumer_names())}")
        parser.add_argument("--once", action="store_true", help="end when its queue is empty")

    def handle(self, *, name: str, once: bool, **options: object) -> None:
        consumer, broker = named(name), pipeline.broker()
        if broker is None:
            raise CommandError(
                "Without BROKER_URL there is no queue to consume: manage.py relay hands events to every consumer "
                "itself. Set BROKER_URL=amqp://user:password@host:5672/vhost for a process per consumer."
            )
        with when_asked() as stopped:
            run_consumer(consumer, broker, stopped=stopped, once=once)


def named(name: str) -> Consumer:
    found = {consumer.name: consumer for consumer in pipeline.consumers()}
    if name not in found:
        raise CommandError(f"There is no consumer {name!r} here. Known: {', '.join(sorted(found))}.")
    return found[name]
