//! The short form of a search that people type: `tier=gold and score>=100 sort:-updated_at`.
