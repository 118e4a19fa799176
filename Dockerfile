# The web process. The same image runs one-off commands: docker compose run --rm web python manage.py verify
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ENVIRONMENT=production STATIC_ROOT=/srv/static \
    DATA_DIR=/srv/data
WORKDIR /srv/fundsite

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .
# Collecting files needs settings that load, not secrets that work.
RUN SECRET_KEY=build DATABASE_URL=postgres://build@localhost/build ALLOWED_HOSTS=localhost \
    python manage.py collectstatic --noinput

RUN useradd --system --uid 10001 fundsite && install --directory --owner=fundsite /srv/data
USER fundsite
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "fundsite.probe", "http://127.0.0.1:8000/healthz"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "8", "--no-ws", "fundsite.wsgi:application"]
