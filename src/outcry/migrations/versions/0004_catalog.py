"""Categories as data, listings with full-text search, watches."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    """
    CREATE TABLE categories (
        slug text NOT NULL,
        parent text,
        name text NOT NULL,
        position integer NOT NULL,
        attribute_schema json NOT NULL,
        CONSTRAINT pk_categories PRIMARY KEY (slug),
        CONSTRAINT fk_categories_parent FOREIGN KEY (parent) REFERENCES categories (slug)
    )
    """,
    "CREATE INDEX ix_categories_parent ON categories (parent)",
    """
    CREATE TABLE listings (
        id uuid NOT NULL,
        seller_id uuid NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        category text NOT NULL,
        condition text NOT NULL,
        sale_type text NOT NULL,
        currency char(3) NOT NULL,
        price bigint,
        stock integer NOT NULL DEFAULT 1,
        attributes jsonb NOT NULL DEFAULT '{}',
        latitude double precision,
        longitude double precision,
        place text,
        fulfilment text[] NOT NULL,
        status text NOT NULL DEFAULT 'draft',
        rejection_reason text,
        media_ids uuid[] NOT NULL DEFAULT '{}',
        view_count bigint NOT NULL DEFAULT 0,
        watch_count integer NOT NULL DEFAULT 0,
        current_auction_id uuid,
        auction_live boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        published_at timestamptz,
        search tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('simple', title), 'A')
            || setweight(to_tsvector('english', description), 'C')
            || setweight(to_tsvector('simple', description), 'D')
        ) STORED,
        CONSTRAINT pk_listings PRIMARY KEY (id),
        CONSTRAINT fk_listings_seller_id FOREIGN KEY (seller_id) REFERENCES users (id),
        CONSTRAINT fk_listings_category FOREIGN KEY (category) REFERENCES categories (slug),
        CONSTRAINT ck_listings_condition CHECK (condition IN ('new', 'refurbished', 'used')),
        CONSTRAINT ck_listings_sale_type CHECK (sale_type IN ('fixed', 'auction', 'both')),
        CONSTRAINT ck_listings_status CHECK (status IN
            ('draft', 'pending_review', 'active', 'sold', 'removed', 'rejected', 'archived')),
        CONSTRAINT ck_listings_price CHECK (price > 0),
        CONSTRAINT ck_listings_priced CHECK (sale_type = 'auction' OR price IS NOT NULL),
        CONSTRAINT ck_listings_stock CHECK (stock >= 0)
    )
    """,
    "CREATE INDEX ix_listings_seller_id ON listings (seller_id, id)",
    "CREATE INDEX ix_listings_active ON listings (published_at DESC, id DESC) WHERE status = 'active'",
    "CREATE INDEX ix_listings_active_price ON listings (price, id) WHERE status = 'active'",
    "CREATE INDEX ix_listings_category ON listings (category, published_at DESC) WHERE status = 'active'",
    "CREATE INDEX ix_listings_search ON listings USING gin (search)",
    "CREATE INDEX ix_listings_attributes ON listings USING gin (attributes jsonb_path_ops)",
    "CREATE INDEX ix_listings_place ON listings (latitude, longitude) WHERE status = 'active'",
    """
    CREATE TABLE listing_watches (
        user_id uuid NOT NULL,
        listing_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_listing_watches PRIMARY KEY (user_id, listing_id),
        CONSTRAINT fk_listing_watches_listing_id FOREIGN KEY (listing_id) REFERENCES listings (id)
    )
    """,
    "CREATE INDEX ix_listing_watches_listing_id ON listing_watches (listing_id)",
    "REVOKE DELETE, TRUNCATE ON listings, categories FROM outcry_app",
    "ALTER TABLE listings ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY seen ON listings FOR SELECT USING (
        status IN ('active', 'sold') OR (SELECT app_role()) IN ('system', 'staff')
        OR seller_id = (SELECT app_user_id())
    )
    """,
    """
    CREATE POLICY own ON listings USING (
        (SELECT app_role()) IN ('system', 'staff') OR seller_id = (SELECT app_user_id())
    )
    """,
    "ALTER TABLE listing_watches ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON listing_watches USING (
        (SELECT app_role()) IN ('system', 'staff') OR user_id = (SELECT app_user_id())
    )
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
